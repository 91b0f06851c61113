from hanami_sdk import cluster
address = "http://127.0.0.1:11418"
checkpoint_uuid = "cc6120c7-cc31-4f17-baee-c6c606f00512"
cluster_uuid = "d94f2b53-f404-4215-9a33-63c4a03e3202"
result = cluster.restore_cluster(token, address, checkpoint_uuid, cluster_uuid)
