"""The Notion API on this machine: what LocalStack is to AWS, for one workspace.

`serve.run` starts it, `factory_iac.sandbox.process.running_notion` starts it for a test.
"""
