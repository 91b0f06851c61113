from hanami_sdk import dataset
address = "http://127.0.0.1:11418"
train_dataset_name = "train_test_dataset"
train_inputs = "/tmp/csv/test-file.csv"
dataset_uuid = dataset.upload_csv_files(token, address, train_dataset_name, train_inputs)
