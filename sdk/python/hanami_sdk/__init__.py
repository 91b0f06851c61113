"""Python client of an OpenHanami server. Each module is about one kind of resource; its functions take token and address first."""
