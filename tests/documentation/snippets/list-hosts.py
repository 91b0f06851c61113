from hanami_sdk import hosts
address = "http://127.0.0.1:11418"
result = hosts.list_hosts(token, address)
