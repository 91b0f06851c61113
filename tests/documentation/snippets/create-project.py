from hanami_sdk import project
address = "http://127.0.0.1:11418"
project_id = "test_project"
project_name = "Test Project"
result = project.create_project(token, address, projet_id, project_name)
