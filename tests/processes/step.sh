#!/bin/sh
# A step of a build, which knows nothing of traces: it runs what it is told.
set -eu
echo "step: $1" >&2
"$@"
