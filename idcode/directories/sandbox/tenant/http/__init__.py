"""The tenant's front: HTTP, batches, quotas, tokens, and faults on purpose.

Services stand in front of services, and every combination is put together where it is used. With all of them::

    application(Faults(Batches(Faults(Throttle(Recorder(tenant), clock, limits), rules)), rules_for_batches), login)

What stands in front of ``Batches`` sees what crosses the network, what stands behind it sees single requests.
"""
