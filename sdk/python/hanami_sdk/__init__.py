"""
Python client of an OpenHanami server. Each module is about one kind of resource; its functions take token and address first. connect() is the short way from
a table to answers (module learning); estimators for scikit-learn are in the module estimators.
"""

from .learning import Hanami, Model, connect

__all__ = ["Hanami", "Model", "connect"]
