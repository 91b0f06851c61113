from hanami_sdk import checkpoint
address = "http://127.0.0.1:11418"
checkpoint_uuid = "cc6120c7-cc31-4f17-baee-c6c606f00512"
checkpoint.delete_checkpoint(token, address, checkpoint_uuid)
