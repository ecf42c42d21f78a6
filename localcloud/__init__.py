"""AWS on one machine: runs the product's template, functions and containers without an account.

    python -m localcloud up | run FILE

Where things are, from the outside in:
    __main__, command           the command line; up_command and run_command say what each does
    drop, follow, progress      a file goes in, its run is followed by reading the bucket
    time_left, dataset_summary  what is said of a run: how long it takes, how its file was read
    launcher                    emulator, SageMaker, stack and base models, up and down together
    model_choice, demo_model    which base model runs; the demo's is fetched once
    deployment                  template.yaml becomes a stack: template, package, reconciliation
    emulator                    the AWS services, by ministack; what a service of our own needs
    ministack_hooks/            every private name of ministack we rely on, one module a need
    function_runtime/           Lambda functions as processes of their own
    sagemaker/                  training jobs and endpoints as processes of their own
    mail, confirmation          SNS emails as .eml files
    guard                       ends the processes when localcloud is killed

Nothing here is shipped to AWS, and nothing here imports the product: its documents are read as
the JSON they are.
"""
