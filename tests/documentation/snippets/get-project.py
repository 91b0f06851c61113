from hanami_sdk import project
address = "http://127.0.0.1:11418"
project_id = "test_project"
result = project.get_project(token, address, projet_id)
