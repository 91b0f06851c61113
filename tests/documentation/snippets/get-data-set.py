from hanami_sdk import dataset
address = "http://127.0.0.1:11418"
dataset_uuid = "6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4"
result = dataset.get_dataset(token, address, dataset_uuid)
