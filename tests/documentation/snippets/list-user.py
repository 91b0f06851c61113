from hanami_sdk import user
address = "http://127.0.0.1:11418"
result = user.list_users(token, address)
