"""Results of requests are data sets; this module has the functions that older programs look for here."""

from .dataset import check_mnist_dataset, download_dataset_content

__all__ = ["check_mnist_dataset", "download_dataset_content"]
