"""What is told of each call of the API: parameters, bodies, answers, and the document of them."""
