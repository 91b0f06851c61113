from hanami_sdk import task
address = "http://127.0.0.1:11418"
cluster_uuid = "9f86921d-9a7c-44a2-836c-1683928d9354"
result = task.list_tasks(token, address, cluster_uuid)
