from hanami_sdk import request_result
address = "http://127.0.0.1:11418"
dataset_uuid = "d40c0c06-bd28-49a4-b872-6a70c4750bb9"
column_name = "test_output"
result = dataset.download_dataset_content(token,
address,
dataset_uuid,
column_name,
2, # number of rows
100) # offset
