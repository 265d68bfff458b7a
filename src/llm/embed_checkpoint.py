"""Write `embedded/whisper-base` to a folder: `python -m llm.embed_checkpoint FOLDER`.

The build of the service's image runs it, so that a container starts with the model ready.
"""

import argparse
from pathlib import Path

from llm.model_store.embedded import convert, installed_packages


def main() -> None:
    """Convert the installed packages to the folder given on the command line."""
    parser = argparse.ArgumentParser(prog="python -m llm.embed_checkpoint", description=__doc__)
    parser.add_argument("folder", type=Path, help="target, which must not exist yet")
    convert(installed_packages(), parser.parse_args().folder)


if __name__ == "__main__":
    main()
