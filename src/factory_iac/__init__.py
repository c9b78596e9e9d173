"""What of Factory is not Ansible: the command line and the local servers."""
