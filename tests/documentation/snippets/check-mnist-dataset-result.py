from hanami_sdk import request_result
address = "http://127.0.0.1:11418"
reference_dataset_uuid = "c7f7e274-5d7d-4696-8591-18441cb1b685"
dataset_uuid = "d40c0c06-bd28-49a4-b872-6a70c4750bb9"
result = request_result.check_mnist_dataset(token,
address,
dataset_uuid,
reference_dataset_uuid)
