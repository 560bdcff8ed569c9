"""Plain data that every room shares: no I/O, and nothing imported from the other rooms."""
