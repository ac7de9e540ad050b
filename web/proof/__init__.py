"""The proof that nothing is lost and nothing twice: the journal read anew, and the view held to it.

It shares no rule with what it judges. The flow changes carts event by event; here the records of
each order are brought together by sorting, and the first order and the first payment among them
say what has become of it.
"""
