from hanami_sdk import cluster
address = "http://127.0.0.1:11418"
cluster_uuid = "d94f2b53-f404-4215-9a33-63c4a03e3202"
result = cluster.get_cluster(token, address, cluster_uuid)
