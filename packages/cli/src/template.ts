/** Output of `cluster template`: every entry of a template, with its meaning. */
export const TEMPLATE = `# A cluster template. Each entry has a line of its own, indentation means nothing, and '#' starts a comment.
version: 1

# How neurons behave; each setting is optional, and these are the defaults.
settings:
    neuron_cooldown: 100000000000.0   # > 1; a neuron's potential is divided by it each cycle; this one forgets everything
    refractory_time: 1                # >= 1 cycles until a neuron may fire again
    max_connection_distance: 1        # >= 1 hexagons that a connection may reach
    enable_reduction: false           # true prunes what carries nothing

# Places x,y,z in the grid. Neighbours are connected, from the inputs towards the outputs.
hexagons:
    1,1,1
    2,1,1
    3,1,1

# Connections that reach over the grid (optional).
# axons:
#     1,1,1 -> 3,1,1

# Names that tasks and direct messages use. Behind the place may stand (binary) or (match).
inputs:
    picture: 1,1,1

# Behind the place may stand (bool), (int) or (float).
outputs:
    label: 3,1,1
`;
