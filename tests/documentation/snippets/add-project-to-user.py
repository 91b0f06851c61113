from hanami_sdk import user
address = "http://127.0.0.1:11418"
user_id = "new_user"
project_id = "test_project"
role = "member"
is_project_admin = True
result = add_roject_to_user(token,
address,
user_id,
project_id,
role,
is_project_admin)
