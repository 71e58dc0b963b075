# Once, for everyone; then ask as often as you like, without reading the model.
cubeward compile -m examples/us-budget -o budget.rights
cubeward who -r budget.rights -b Receipts --cell "Fiscal year=2016"

# Again, but only where it is not still the model's; what did not change is taken over.
cubeward check -m examples/us-budget -r budget.rights ||
    cubeward compile -m examples/us-budget -o budget.rights --since budget.rights

# In parts, on as many machines as you have: the result is the same, byte by byte.
cubeward compile -m examples/us-budget --shard 1/2 -o part1.rights
cubeward compile -m examples/us-budget --shard 2/2 -o part2.rights
cubeward merge part1.rights part2.rights -o budget.rights
