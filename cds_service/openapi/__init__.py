"""The description of everything that is spoken over HTTP (OpenAPI 3.1), made from the models that read the requests."""
