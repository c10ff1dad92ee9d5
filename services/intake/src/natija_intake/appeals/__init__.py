"""Taking an appeal, without HTTP: submission, service, status, the gateway to the inbox."""
