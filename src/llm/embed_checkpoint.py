"""`python -m llm.embed_checkpoint FOLDER`: writes `embedded/whisper-base` into a folder.

The image of the service is built with it, so that a container starts with the model ready.
"""

import argparse
from pathlib import Path

from llm.model_store.embedded import convert, installed_packages


def main() -> None:
    """Convert the installed packages into the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m llm.embed_checkpoint", description=__doc__)
    parser.add_argument("folder", type=Path, help="must not exist; its parent may")
    convert(installed_packages(), parser.parse_args().folder)


if __name__ == "__main__":
    main()
