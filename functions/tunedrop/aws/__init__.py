"""The only place that imports boto3: S3, SageMaker, SNS and Lambda as the domain sees them."""
