"""AWS on one machine: runs the product's template, functions and containers without an account.

    python -m localcloud up | run FILE

Where things are; each imports only what stands below it, and an import linter checks that:
    __main__          checks that Python has the packages, then starts cli.command
    cli/              `up` and `run`: command line, dropping a file, following its run, the output
    stack/            the product: its template as a stack, its code as packages and programs, its
                      base models; launcher starts and stops everything below
    sagemaker/        training jobs, processing jobs and endpoints as processes of their own
    aws/              the other AWS services, emulated by ministack; hooks/ changes ministack
    function_runtime/ Lambda functions as processes of their own
    service           requests, answers and errors of the services that localcloud implements
    guard             ends every process that localcloud started when localcloud is killed

Nothing here is shipped to AWS, and nothing here imports the product: its documents are read as
plain JSON.
"""
