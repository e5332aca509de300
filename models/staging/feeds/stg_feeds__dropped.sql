select * from {{ source('feeds', 'dropped') }}
