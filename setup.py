"""What pyproject.toml cannot say: a wheel carries the examples that ``idcode init`` writes, as ``idcode/examples``."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EXAMPLES = ("contoso", "pipelines", "start")


class BuildWithExamples(build_py):
    """Copies the examples beside the modules; an editable installation finds them in the checkout."""

    def run(self) -> None:
        """Build the package, then add the examples."""
        super().run()
        if not self.editable_mode:
            left_behind = shutil.ignore_patterns(".idcode", ".demo", "plan.json")
            for name in EXAMPLES:
                target = Path(self.build_lib, "idcode", "examples", name)
                shutil.copytree(Path("examples", name), target, ignore=left_behind, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithExamples})
