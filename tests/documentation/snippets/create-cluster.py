from hanami_sdk import cluster
address = "http://127.0.0.1:11418"
cluster_name = "test_cluster"
cluster_template = \
"version: 1\n" \
"settings:\n" \
" neuron_cooldown: 10000000.0\n" \
" refractory_time: 1\n" \
" max_connection_distance: 1\n" \
" enable_reduction: false\n" \
"hexagons:\n" \
" 1,1,1\n" \
" 2,1,1\n" \
" 3,1,1\n" \
" \n" \
"inputs:\n" \
" picture: 1,1,1\n" \
"\n" \
"outputs:\n" \
" label: 3,1,1\n" \

result = cluster.create_cluster(token, address, cluster_name, cluster_template)
