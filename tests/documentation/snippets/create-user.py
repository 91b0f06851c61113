from hanami_sdk import user
address = "http://127.0.0.1:11418"
new_user = "new_user"
new_id = "new_user"
new_pw = "asdfasdf"
is_admin = True
result = user.create_user(token, address, new_id, new_user, new_pw, is_admin)
