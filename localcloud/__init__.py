"""AWS on one machine: runs the product's template, functions and containers without an account.

`emulator` is the AWS services, `sagemaker` the jobs and endpoints as real processes, `__main__`
the command line. Nothing here is shipped to AWS, and nothing here imports the product.
"""
