"""A notebook with a cell tagged `parameters`, and another put behind it as papermill does, run by nbclient in our kernel."""
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

folder = Path(sys.argv[1])
notebook = new_notebook(
    metadata={"kernelspec": {"name": ".net-csharp", "display_name": ".NET (C#)", "language": "C#"}},
    cells=[
        new_code_cell("var strength = 1.5;\nvar name = \"none\";", metadata={"tags": ["parameters"]}),
        new_code_cell("$\"{name} {strength * 2}\""),
    ],
)
notebook.cells.insert(1, new_code_cell("// Parameters\nstrength = 4;\nname = \"all\";", metadata={"tags": ["injected-parameters"]}))
NotebookClient(notebook, timeout=120, kernel_name=".net-csharp", resources={"metadata": {"path": str(folder)}}).execute()
nbformat.validate(notebook)
shown = notebook.cells[2].outputs[0]["data"]["text/plain"]
assert shown == "all 8", shown
print("papermill's convention: as expected")
