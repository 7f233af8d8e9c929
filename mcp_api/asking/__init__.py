"""What a client can be asked while a call is served: questions, and the forms that they show."""
