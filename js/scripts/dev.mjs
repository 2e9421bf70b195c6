// The dev page, rebuilt on every change: http://127.0.0.1:8123/?case=loans&theme=dark
import * as esbuild from "esbuild";
import { dev } from "./options.mjs";

const context = await esbuild.context(dev);
await context.watch();
const { port } = await context.serve({ host: "127.0.0.1", port: 8123, servedir: dev.outdir });
console.log(`http://127.0.0.1:${port}/?case=loans (see test/dev.ts for the other cases)`);
