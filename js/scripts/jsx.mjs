// What JSX is written as in the bundles.
export { Fragment, h } from "preact";
