"""Runs a test where torch and scikit-learn are installed; says that it is skipped where not."""

import importlib.util
import os
import runpy
import sys

missing = [name for name in ("torch", "sklearn") if importlib.util.find_spec(name) is None]
if missing and os.environ.get("CKL_WITH_TORCH") != "1":
    print(f"SKIP: without {' and '.join(missing)} (tools/test.sh --with-torch installs them)")
    sys.exit(77)
if missing:
    sys.exit(f"without {' and '.join(missing)}")
del sys.argv[0]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
