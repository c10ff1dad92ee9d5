"""The pages of the desk: queues, the appeal, the forms of acts."""
