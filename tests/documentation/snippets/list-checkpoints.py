from hanami_sdk import checkpoint
address = "http://127.0.0.1:11418"
result = checkpoint.list_checkpoints(token, address)
