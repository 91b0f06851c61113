from hanami_sdk import project
address = "http://127.0.0.1:11418"
result = project.list_projects(token, address)
