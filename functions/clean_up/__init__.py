"""The function that CloudFormation calls before it deletes the stack."""
