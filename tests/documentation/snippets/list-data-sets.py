from hanami_sdk import dataset
address = "http://127.0.0.1:11418"
result = dataset.list_datasets(token, address)
