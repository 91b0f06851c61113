from hanami_sdk import user
address = "http://127.0.0.1:11418"
user_id = "new_user"
result = user.get_user(token, address, user_id)
