from hanami_sdk import cluster
address = "http://127.0.0.1:11418"
result = cluster.list_clusters(token, address)
