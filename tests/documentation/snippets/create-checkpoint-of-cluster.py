from hanami_sdk import cluster
address = "http://127.0.0.1:11418"
checkpoint_name = "test_checkpoint"
result = cluster.save_cluster(token, address, checkpoint_name, cluster_uuid)
