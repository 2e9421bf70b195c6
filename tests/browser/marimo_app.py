"""A marimo app with the panel, once as a reactive element and once as it is; see test_marimo.py."""

import marimo

app = marimo.App()


@app.cell
def _():
    import json

    import marimo as mo

    from tests.browser import sources

    return json, mo, sources


@app.cell
def _(sources):
    names = {}
    exec(sources.SETUP + sources.PANEL, names)
    panel = names["panel"]
    return names, panel


@app.cell
def _(panel):
    panel
    return


@app.cell
def _(mo, panel):
    # After the plain display: marimo re-runs cells for the newest element of a widget only.
    element = mo.ui.anywidget(panel)
    element
    return (element,)


@app.cell
def _(element, json, mo, panel):
    element.value  # runs this cell whenever the browser changes a trait
    mo.plain_text(f"reactive {json.dumps([panel.cell, panel.threshold])}")
    return


@app.cell
def _(mo):
    asked = mo.ui.text(label="Python", full_width=True)
    asked
    return (asked,)


@app.cell
def _(asked, json, mo, names):
    mo.plain_text(f"{asked.value} => {json.dumps(eval(asked.value or 'None', names), default=str)}")
    return


if __name__ == "__main__":
    app.run()
