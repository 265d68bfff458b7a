"""Write the embedded networks to folders: `python -m llm.embed_checkpoint MODEL SPEAKERS`.

The build of the service's image runs it, so that a container starts with the model ready.
"""

import argparse
from pathlib import Path

from llm.model_store.embedded import convert, installed_packages
from llm.speakers import graphs


def main() -> None:
    """Convert the installed packages to the folders given on the command line."""
    parser = argparse.ArgumentParser(prog="python -m llm.embed_checkpoint", description=__doc__)
    parser.add_argument("model", type=Path, help="target of the model; must not exist yet")
    parser.add_argument("speakers", type=Path, help="target of the speaker networks")
    arguments = parser.parse_args()
    convert(installed_packages(), arguments.model)
    if graphs.is_installed():
        graphs.convert(arguments.speakers)


if __name__ == "__main__":
    main()
