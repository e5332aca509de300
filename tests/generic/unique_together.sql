{#
    The named columns identify a row. NULL counts as a value, which a plain unique test cannot say.
#}
{% test unique_together(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as copies
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
