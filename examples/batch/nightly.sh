#!/bin/sh
# Makes the rights file of a model, in parts that are worked out side by side, where it is not still the model's.
# Usage: nightly.sh MODEL FILE [PARTS]
set -eu
model=$1 file=$2 parts=${3:-4}

if [ -f "$file" ] && cubeward check -m "$model" -r "$file" >&2; then
    exit 0
fi

# Beside the file: on the same disk, and for nobody else's eyes.
work=$(mktemp -d "$file.parts.XXXXXX")
pids=
# Whatever ends the script ends the parts, too, which would go on otherwise.
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || :; wait; rm -rf "$work"' EXIT
trap 'exit 3' HUP INT TERM

i=1
while [ "$i" -le "$parts" ]; do
    cubeward compile -m "$model" --shard "$i/$parts" -o "$work/$i.rights" &
    pids="$pids $!"
    i=$((i + 1))
done
for pid in $pids; do
    wait "$pid" # a part that fails ends the script with its status
done
cubeward merge "$work"/*.rights -o "$file"
